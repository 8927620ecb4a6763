CREATE TABLE `output_hosts` (
	`provider` text NOT NULL,
	`host` text NOT NULL,
	PRIMARY KEY(`provider`, `host`)
) WITHOUT ROWID;
--> statement-breakpoint
ALTER TABLE `jobs` ADD `late_webhooks` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
ALTER TABLE `jobs` ADD `late_webhook_at` integer;--> statement-breakpoint
ALTER TABLE `outputs` ADD `unconfirmed` integer DEFAULT false NOT NULL;