package dev.lanewise.model.task;

/**
 * A stretch of a text that answers a question.
 *
 * @param score the sum over all places and ways to find it of the probabilities that it starts and
 *     ends there, each among those of its window
 * @param start of the stretch in the text, in UTF-16 code units
 * @param end behind it
 * @param text the stretch; empty if the text holds no answer
 */
public record Answer(float score, int start, int end, String text) {}
