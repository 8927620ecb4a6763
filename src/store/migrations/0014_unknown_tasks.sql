ALTER TABLE `tasks` ADD `unknown_at` integer;--> statement-breakpoint
CREATE UNIQUE INDEX `tasks_by_provider_task` ON `tasks` (`provider`,`provider_task_id`) WHERE provider_task_id IS NOT NULL;