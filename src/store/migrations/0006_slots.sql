CREATE TABLE `slots` (
	`provider` text NOT NULL,
	`job_id` text NOT NULL,
	`n` integer NOT NULL,
	PRIMARY KEY(`provider`, `job_id`, `n`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `waits` (
	`provider` text NOT NULL,
	`job_id` text NOT NULL,
	PRIMARY KEY(`provider`, `job_id`)
) WITHOUT ROWID;
--> statement-breakpoint
ALTER TABLE `jobs` ADD `waiting_since` integer;