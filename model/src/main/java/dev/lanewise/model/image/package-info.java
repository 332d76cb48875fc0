/**
 * Images for models: a PNG or JPEG file to 8-bit pixels, and those, resized, cropped and
 * normalised, to the numbers that an encoder reads. Decodes with {@code javax.imageio}, which only
 * one class here knows. Knows nothing of models, checkpoints or tasks.
 */
package dev.lanewise.model.image;
