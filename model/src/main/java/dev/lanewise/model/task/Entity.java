package dev.lanewise.model.task;

/**
 * A stretch of a text that was found to be of a class, such as a name.
 *
 * @param label the class, without what says where in the stretch a token stands (B-, I-)
 * @param score from 0 to 1, the mean over the stretch's tokens
 * @param start of the stretch in the text, in UTF-16 code units
 * @param end behind it
 * @param text the stretch
 */
public record Entity(String label, float score, int start, int end, String text) {}
