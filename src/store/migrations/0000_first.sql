CREATE TABLE `aborts` (
	`reason` text PRIMARY KEY NOT NULL,
	CONSTRAINT "lease_lost" CHECK(reason <> 'lease_lost'),
	CONSTRAINT "job_changed" CHECK(reason <> 'job_changed'),
	CONSTRAINT "not_erasable" CHECK(reason <> 'not_erasable')
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `assets` (
	`id` text PRIMARY KEY NOT NULL,
	`api_key_id` text NOT NULL,
	`project` text,
	`kind` text NOT NULL,
	`content_type` text NOT NULL,
	`bytes` integer NOT NULL,
	`sha256` text NOT NULL,
	`file_name` text,
	`created_at` integer NOT NULL,
	`job_id` text,
	`key` text,
	`lost_at` integer,
	`width` integer,
	`height` integer,
	`duration_seconds` real,
	FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `assets_job` ON `assets` (`job_id`) WHERE job_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `assets_lost` ON `assets` (`lost_at`) WHERE lost_at IS NOT NULL;--> statement-breakpoint
CREATE TABLE `counters` (
	`hour_at` integer NOT NULL,
	`provider` text NOT NULL,
	`model` text NOT NULL,
	`project` text DEFAULT '' NOT NULL,
	`counts` text NOT NULL,
	PRIMARY KEY(`hour_at`, `provider`, `model`, `project`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `attempts` (
	`delivery_id` text NOT NULL,
	`n` integer NOT NULL,
	`started_at` integer NOT NULL,
	`duration_ms` integer NOT NULL,
	`status` integer,
	`error` text,
	`response_headers` text,
	`response_body` text,
	PRIMARY KEY(`delivery_id`, `n`),
	FOREIGN KEY (`delivery_id`) REFERENCES `deliveries`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `deliveries` (
	`id` text PRIMARY KEY NOT NULL,
	`job_id` text NOT NULL,
	`endpoint_id` text,
	`event_id` text NOT NULL,
	`event_type` text NOT NULL,
	`format` text DEFAULT 'reelhook' NOT NULL,
	`url` text NOT NULL,
	`host` text DEFAULT '' NOT NULL,
	`path` text DEFAULT '' NOT NULL,
	`owner_id` text DEFAULT '' NOT NULL,
	`project` text,
	`body` text,
	`status` text NOT NULL,
	`reason` text,
	`attempts` integer NOT NULL,
	`attempts_before` integer DEFAULT 0 NOT NULL,
	`created_at` integer NOT NULL,
	`due_at` integer,
	`lease` text,
	`last_started_at` integer,
	`last_duration_ms` integer,
	`last_status` integer,
	`last_error` text,
	`last_response_headers` text,
	`last_response_body` text,
	FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `deliveries_job` ON `deliveries` (`job_id`);--> statement-breakpoint
CREATE INDEX `deliveries_list` ON `deliveries` (`status`,`event_type`,`id`) WHERE status <> 'pending' OR lease IS NULL;--> statement-breakpoint
CREATE INDEX `deliveries_endpoint` ON `deliveries` (`endpoint_id`,`id`) WHERE endpoint_id IS NOT NULL;--> statement-breakpoint
CREATE INDEX `deliveries_project` ON `deliveries` (`project`,`id`) WHERE project IS NOT NULL;--> statement-breakpoint
CREATE INDEX `deliveries_parked_paths` ON `deliveries` (`host`,`owner_id`,`path`) WHERE due_at IS NULL AND status = 'pending';--> statement-breakpoint
CREATE INDEX `deliveries_due` ON `deliveries` (`due_at`,`host`,`owner_id`) WHERE due_at IS NOT NULL;--> statement-breakpoint
CREATE INDEX `deliveries_parked` ON `deliveries` (`host`,`owner_id`) WHERE due_at IS NULL AND status = 'pending';--> statement-breakpoint
CREATE TABLE `hosts` (
	`host` text NOT NULL,
	`owner_id` text NOT NULL,
	`failures` integer NOT NULL,
	`failing_since` integer,
	`failed_at` integer,
	`consecutive_outages` integer NOT NULL,
	`failing_paths` text NOT NULL,
	`due_at` integer,
	`trial` text,
	PRIMARY KEY(`host`, `owner_id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `hosts_due` ON `hosts` (`due_at`) WHERE due_at IS NOT NULL;--> statement-breakpoint
CREATE TABLE `exports` (
	`job_id` text NOT NULL,
	`n` integer NOT NULL,
	`status` text NOT NULL,
	`attempts` integer NOT NULL,
	`due_at` integer,
	`lease` text,
	`error` text,
	`url` text,
	`key` text,
	`exported_at` integer,
	PRIMARY KEY(`job_id`, `n`),
	FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `exports_due` ON `exports` (`due_at`) WHERE due_at IS NOT NULL;--> statement-breakpoint
CREATE TABLE `events` (
	`job_id` text NOT NULL,
	`id` text NOT NULL,
	`type` text NOT NULL,
	`data` text NOT NULL,
	`body` text,
	`created_at` integer NOT NULL,
	PRIMARY KEY(`job_id`, `id`),
	FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `job_metadata` (
	`key` text NOT NULL,
	`value` text NOT NULL,
	`job_id` text NOT NULL,
	PRIMARY KEY(`key`, `value`, `job_id`)
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
	`estimates` text DEFAULT '{}' NOT NULL,
	`progress` integer,
	`fault` text,
	`api_key_id` text NOT NULL,
	`project` text,
	`callback_secret` text,
	`callback_headers` text,
	`reserved_micros` integer,
	`idempotency_key` text,
	`idempotency_hash` text,
	`retry_of` text,
	`created_at` integer NOT NULL,
	`deadline_at` integer NOT NULL,
	`settled_at` integer,
	`due_at` integer,
	`lease` text,
	`leased_until` integer,
	`woken_at` integer,
	`late_webhooks` integer DEFAULT 0 NOT NULL,
	`late_webhook_at` integer,
	`waiting_since` integer,
	`erase_at` integer,
	`erased_at` integer,
	`pruned_at` integer
);
--> statement-breakpoint
CREATE INDEX `jobs_list` ON `jobs` (`status`,`provider`,`model`,`id`) WHERE erased_at IS NULL;--> statement-breakpoint
CREATE INDEX `jobs_project` ON `jobs` (`project`,`id`) WHERE project IS NOT NULL AND erased_at IS NULL;--> statement-breakpoint
CREATE INDEX `jobs_erase` ON `jobs` (`erase_at`) WHERE erase_at IS NOT NULL;--> statement-breakpoint
CREATE UNIQUE INDEX `jobs_idempotency` ON `jobs` (`api_key_id`,`idempotency_key`) WHERE idempotency_key IS NOT NULL;--> statement-breakpoint
CREATE TABLE `webhooks` (
	`job_id` text NOT NULL,
	`hash` text NOT NULL,
	`provider` text NOT NULL,
	`body` text NOT NULL,
	`received_at` integer NOT NULL,
	PRIMARY KEY(`job_id`, `hash`),
	FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `late_checks` (
	`job_id` text PRIMARY KEY NOT NULL,
	`due_at` integer NOT NULL,
	`lease` text,
	`leased_until` integer,
	`woken_at` integer,
	FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `late_checks_due` ON `late_checks` (`due_at`);--> statement-breakpoint
CREATE TABLE `api_keys` (
	`id` text PRIMARY KEY NOT NULL,
	`name` text NOT NULL,
	`hash` text NOT NULL,
	`callback_secret` text NOT NULL,
	`retired_secrets` text DEFAULT '[]' NOT NULL,
	`created_at` integer NOT NULL,
	`revoked_at` integer,
	`project` text,
	`scopes` text DEFAULT '["jobs:read","jobs:write","deliveries"]' NOT NULL,
	`expires_at` integer,
	`last_used_at` integer,
	`callback_url` text,
	`requests_per_minute` integer,
	`monthly_budget_micros` integer
);
--> statement-breakpoint
CREATE UNIQUE INDEX `api_keys_hash_unique` ON `api_keys` (`hash`);--> statement-breakpoint
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
	`path` text NOT NULL,
	`description` text,
	`event_types` text NOT NULL,
	`format` text DEFAULT 'reelhook' NOT NULL,
	`metadata` text NOT NULL,
	`secret` text NOT NULL,
	`created_at` integer NOT NULL,
	`disabled_at` integer,
	`disabled_by` text,
	`project` text
);
--> statement-breakpoint
CREATE TABLE `postponed_prunes` (
	`job_id` text PRIMARY KEY NOT NULL,
	FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `prune_progress` (
	`name` text PRIMARY KEY NOT NULL,
	`job_id` text NOT NULL
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `purges` (
	`created_at` integer NOT NULL,
	`tag` text NOT NULL,
	PRIMARY KEY(`created_at`, `tag`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `reconciliations` (
	`name` text PRIMARY KEY NOT NULL,
	`phase` text,
	`cursor` text,
	`due_at` integer NOT NULL,
	`started_at` integer,
	`counts` text NOT NULL,
	`last` text
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `reservations` (
	`api_key_id` text NOT NULL,
	`month` text NOT NULL,
	`job_id` text NOT NULL,
	`micros` integer NOT NULL,
	`due_at` integer NOT NULL,
	PRIMARY KEY(`api_key_id`, `month`, `job_id`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `spending` (
	`api_key_id` text NOT NULL,
	`month` text NOT NULL,
	`micros` integer NOT NULL,
	PRIMARY KEY(`api_key_id`, `month`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `starts` (
	`api_key_id` text NOT NULL,
	`fingerprint` text NOT NULL,
	`started_at` integer NOT NULL,
	`idempotency_key` text NOT NULL,
	`is_repetition` integer NOT NULL,
	PRIMARY KEY(`api_key_id`, `fingerprint`, `started_at`, `idempotency_key`)
) WITHOUT ROWID;
--> statement-breakpoint
CREATE TABLE `output_hosts` (
	`provider` text NOT NULL,
	`host` text NOT NULL,
	PRIMARY KEY(`provider`, `host`)
) WITHOUT ROWID;
--> statement-breakpoint
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
	`stored_via` text,
	`metadata_read_at` integer,
	`unconfirmed` integer DEFAULT false NOT NULL,
	`late` integer DEFAULT false NOT NULL,
	`width` integer,
	`height` integer,
	`duration_seconds` real,
	`frame_rate` real,
	`video_codec` text,
	`audio_codec` text,
	`has_audio` integer,
	`lost_at` integer,
	PRIMARY KEY(`job_id`, `n`),
	FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE INDEX `outputs_lost` ON `outputs` (`lost_at`) WHERE lost_at IS NOT NULL;--> statement-breakpoint
CREATE TABLE `slots` (
	`provider` text NOT NULL,
	`job_id` text NOT NULL,
	`n` integer NOT NULL,
	PRIMARY KEY(`provider`, `job_id`, `n`)
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
	`unknown_at` integer,
	`submitted_at` integer,
	`ended_at` integer,
	`inputs` text,
	`completed_via` text,
	`awaits_upload` integer DEFAULT false NOT NULL,
	`received_video` text,
	`cost` text,
	`fault` text,
	`poll_failure` text,
	`answers` text,
	PRIMARY KEY(`job_id`, `n`),
	FOREIGN KEY (`job_id`) REFERENCES `jobs`(`id`) ON UPDATE no action ON DELETE cascade
) WITHOUT ROWID;
--> statement-breakpoint
CREATE UNIQUE INDEX `tasks_by_provider_task` ON `tasks` (`provider`,`provider_task_id`) WHERE provider_task_id IS NOT NULL;--> statement-breakpoint
CREATE TABLE `waits` (
	`provider` text NOT NULL,
	`job_id` text NOT NULL,
	PRIMARY KEY(`provider`, `job_id`)
) WITHOUT ROWID;--> statement-breakpoint
INSERT INTO `reconciliations` (`name`, `due_at`, `counts`) VALUES ('storage', (unixepoch() + 86400) * 1000, '{}');
