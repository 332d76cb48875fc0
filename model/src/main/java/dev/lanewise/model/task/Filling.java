package dev.lanewise.model.task;

/**
 * What may stand in place of a mask.
 *
 * @param score its probability, from 0 to 1
 * @param id of the token
 * @param token as it reads; where the vocabulary tells the beginnings of words by a space before
 *     them, with it
 * @param text the whole text with the token in place of the mask; other masks stay
 */
public record Filling(float score, int id, String token, String text) {}
