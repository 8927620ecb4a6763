ALTER TABLE `tasks` ADD `awaits_upload` integer DEFAULT false NOT NULL;--> statement-breakpoint
ALTER TABLE `tasks` ADD `arrival` text;