CREATE TABLE `rounds` (
	`name` text PRIMARY KEY NOT NULL,
	`place` text,
	`cursor` text,
	`due_at` integer NOT NULL,
	`started_at` integer,
	`found` text NOT NULL,
	`last` text
) WITHOUT ROWID;
--> statement-breakpoint
-- The first round is in a day: a new deployment has nothing to compare yet.
INSERT INTO `rounds` (`name`, `due_at`, `found`) VALUES ('storage', (unixepoch() + 86400) * 1000, '{}');--> statement-breakpoint
ALTER TABLE `assets` ADD `job_id` text REFERENCES jobs(id) ON DELETE CASCADE;--> statement-breakpoint
ALTER TABLE `assets` ADD `key` text;--> statement-breakpoint
ALTER TABLE `assets` ADD `lost_at` integer;--> statement-breakpoint
CREATE INDEX `assets_job` ON `assets` (`job_id`) WHERE job_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `assets_lost` ON `assets` (`lost_at`) WHERE lost_at IS NOT NULL;--> statement-breakpoint
ALTER TABLE `jobs` ADD `erase_at` integer;--> statement-breakpoint
ALTER TABLE `jobs` ADD `erased_at` integer;--> statement-breakpoint
CREATE INDEX `jobs_erase` ON `jobs` (`erase_at`) WHERE erase_at IS NOT NULL;--> statement-breakpoint
ALTER TABLE `outputs` ADD `lost_at` integer;--> statement-breakpoint
CREATE INDEX `outputs_lost` ON `outputs` (`lost_at`) WHERE lost_at IS NOT NULL;