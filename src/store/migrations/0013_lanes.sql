DROP INDEX `deliveries_due`;--> statement-breakpoint
DROP INDEX `deliveries_line`;--> statement-breakpoint
ALTER TABLE `deliveries` ADD `path` text DEFAULT '' NOT NULL;--> statement-breakpoint
ALTER TABLE `deliveries` ADD `owner_id` text DEFAULT '' NOT NULL;--> statement-breakpoint
DROP TABLE `hosts`;--> statement-breakpoint
CREATE TABLE `hosts` (
	`host` text NOT NULL,
	`owner_id` text NOT NULL,
	`failures` integer NOT NULL,
	`failing_since` integer,
	`failed_at` integer,
	`outages` integer NOT NULL,
	`failing_paths` text NOT NULL,
	`due_at` integer,
	`probe` text,
	PRIMARY KEY(`host`, `owner_id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `hosts_due` ON `hosts` (`due_at`) WHERE due_at IS NOT NULL;--> statement-breakpoint
UPDATE `deliveries` SET `owner_id` = coalesce(`endpoint_id`, (SELECT `api_key_id` FROM `jobs` WHERE `jobs`.`id` = `job_id`)) WHERE `status` = 'pending';--> statement-breakpoint
UPDATE `deliveries` SET `due_at` = `created_at`, `reason` = NULL WHERE `due_at` IS NULL AND `status` = 'pending';--> statement-breakpoint
CREATE INDEX `deliveries_line_paths` ON `deliveries` (`host`,`owner_id`,`path`) WHERE due_at IS NULL AND status = 'pending';--> statement-breakpoint
CREATE INDEX `deliveries_due` ON `deliveries` (`due_at`,`host`,`owner_id`) WHERE due_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `deliveries_line` ON `deliveries` (`host`,`owner_id`) WHERE due_at IS NULL AND status = 'pending';
