CREATE TABLE `alerts` (
	`name` text PRIMARY KEY NOT NULL,
	`is_raised` integer NOT NULL,
	`opposed` integer DEFAULT 0 NOT NULL,
	`changed_at` integer NOT NULL,
	`sent_at` integer,
	`evidence` text DEFAULT '{}' NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
ALTER TABLE `jobs` ADD `traceparent` text;
--> statement-breakpoint
ALTER TABLE `jobs` ADD `choice` text;
