CREATE TABLE `api_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`hash` text NOT NULL,
	`callback_secret` text NOT NULL,
	`created_at` integer NOT NULL,
	`revoked_at` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `api_keys_hash_unique` ON `api_keys` (`hash`);--> statement-breakpoint
CREATE TABLE `attempts` (
	`delivery_id` text NOT NULL,
	`n` integer NOT NULL,
	`started_at` integer NOT NULL,
	`duration_ms` integer NOT NULL,
	`status` integer,
	`error` text,
	`answer` text,
	PRIMARY KEY(`delivery_id`, `n`),
	FOREIGN KEY (`delivery_id`) REFERENCES `deliveries`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `deliveries` (
	`id` text PRIMARY KEY NOT NULL,
	`job_id` text NOT NULL,
	`event_id` text NOT NULL,
	`event_type` text NOT NULL,
	`url` text NOT NULL,
	`body` text NOT NULL,
	`status` text NOT NULL,
	`attempts` integer NOT NULL,
	`created_at` integer NOT NULL,
	`due_at` integer,
	`lease` text,
	FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `deliveries_due` ON `deliveries` (`due_at`) WHERE due_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `deliveries_job` ON `deliveries` (`job_id`);--> statement-breakpoint
CREATE TABLE `events` (
	`job_id` text NOT NULL,
	`id` text NOT NULL,
	`type` text NOT NULL,
	`data` text NOT NULL,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`job_id`, `id`),
	FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `jobs` (
	`id` text PRIMARY KEY NOT NULL,
	`status` text NOT NULL,
	`model` text NOT NULL,
	`provider` text NOT NULL,
	`providers` text NOT NULL,
	`request` text NOT NULL,
	`warnings` text NOT NULL,
	`progress` integer,
	`fault` text,
	`api_key_id` text NOT NULL,
	`callback_secret` text,
	`idempotency_key` text,
	`idempotency_hash` text,
	`created_at` integer NOT NULL,
	`deadline_at` integer NOT NULL,
	`settled_at` integer,
	`due_at` integer,
	`lease` text,
	`nudged_at` integer
);
--> statement-breakpoint
CREATE INDEX `jobs_due` ON `jobs` (`due_at`) WHERE due_at IS NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX `jobs_idempotency` ON `jobs` (`api_key_id`,`idempotency_key`) WHERE idempotency_key IS NOT NULL;--> statement-breakpoint
CREATE TABLE `outputs` (
	`job_id` text NOT NULL,
	`n` integer NOT NULL,
	`task_n` integer NOT NULL,
	`remote_id` text NOT NULL,
	`source_url` text NOT NULL,
	`status` text NOT NULL,
	`attempts` integer NOT NULL,
	`fault` text,
	`key` text,
	`content_type` text,
	`bytes` integer,
	`sha256` text,
	`stored_at` integer,
	PRIMARY KEY(`job_id`, `n`),
	FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `tasks` (
	`job_id` text NOT NULL,
	`n` integer NOT NULL,
	`provider` text NOT NULL,
	`client_reference` text NOT NULL,
	`provider_task_id` text,
	`wanted` integer NOT NULL,
	`status` text NOT NULL,
	`attempts` integer NOT NULL,
	`intended_at` integer NOT NULL,
	`submitted_at` integer,
	`ended_at` integer,
	`won_by` text,
	`cost` text,
	`fault` text,
	PRIMARY KEY(`job_id`, `n`),
	FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `webhooks` (
	`job_id` text NOT NULL,
	`hash` text NOT NULL,
	`provider` text NOT NULL,
	`body` text NOT NULL,
	`heard_at` integer NOT NULL,
	PRIMARY KEY(`job_id`, `hash`),
	FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
