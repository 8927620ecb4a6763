CREATE TABLE `disabled_callbacks` (
	`api_key_id` text NOT NULL,
	`host` text NOT NULL,
	`failing_since` integer NOT NULL,
	`disabled_at` integer NOT NULL,
	PRIMARY KEY(`api_key_id`, `host`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `endpoints` (
	`id` text PRIMARY KEY NOT NULL,
	`url` text NOT NULL,
	`host` text NOT NULL,
	`description` text,
	`event_types` text NOT NULL,
	`metadata` text NOT NULL,
	`secret` text NOT NULL,
	`created_at` integer NOT NULL,
	`disabled_at` integer,
	`disabled_by` text
);
--> statement-breakpoint
CREATE TABLE `hosts` (
	`host` text PRIMARY KEY NOT NULL,
	`failures` integer NOT NULL,
	`failing_since` integer,
	`failed_at` integer,
	`outages` integer NOT NULL,
	`due_at` integer,
	`probe` text
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `hosts_due` ON `hosts` (`due_at`) WHERE due_at IS NOT NULL;--> statement-breakpoint
DROP INDEX `deliveries_due`;--> statement-breakpoint
ALTER TABLE `deliveries` ADD `endpoint_id` text;--> statement-breakpoint
ALTER TABLE `deliveries` ADD `host` text DEFAULT '' NOT NULL;--> statement-breakpoint
-- As hostOf() has it, for those that were made before: in lower case, with its port unless that is https's own.
UPDATE `deliveries` SET `host` = lower(substr(`url`, instr(`url`, '://') + 3));--> statement-breakpoint
UPDATE `deliveries` SET `host` = substr(`host`, 1, instr(replace(replace(`host`, '?', '/'), '#', '/') || '/', '/') - 1);--> statement-breakpoint
UPDATE `deliveries` SET `host` = substr(`host`, 1, length(`host`) - 4) WHERE `host` LIKE '%:443';--> statement-breakpoint
ALTER TABLE `deliveries` ADD `reason` text;--> statement-breakpoint
ALTER TABLE `deliveries` ADD `attempts_before` integer DEFAULT 0 NOT NULL;--> statement-breakpoint
CREATE INDEX `deliveries_line` ON `deliveries` (`host`) WHERE due_at IS NULL AND status = 'pending';--> statement-breakpoint
CREATE INDEX `deliveries_due` ON `deliveries` (`due_at`,`host`) WHERE due_at IS NOT NULL;