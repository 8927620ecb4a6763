ALTER TABLE `outputs` ADD `width` integer;--> statement-breakpoint
ALTER TABLE `outputs` ADD `height` integer;--> statement-breakpoint
ALTER TABLE `outputs` ADD `duration_seconds` real;--> statement-breakpoint
ALTER TABLE `outputs` ADD `frame_rate` real;--> statement-breakpoint
ALTER TABLE `outputs` ADD `video_codec` text;--> statement-breakpoint
ALTER TABLE `outputs` ADD `audio_codec` text;--> statement-breakpoint
ALTER TABLE `outputs` ADD `has_audio` integer;