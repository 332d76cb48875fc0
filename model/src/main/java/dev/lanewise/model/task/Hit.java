package dev.lanewise.model.task;

/**
 * A passage that was found.
 *
 * @param score how alike its vector and what was looked for are, as {@link SearchIndex#similarity}
 *     says: of the cosine 1 for the same direction
 */
public record Hit(float score, Passage passage) {}
