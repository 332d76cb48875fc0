package dev.lanewise.model.task;

/**
 * A passage that was found.
 *
 * @param score cosine of the angle between its vector and what was looked for: 1 for the same
 *     direction
 */
public record Hit(float score, Passage passage) {}
