package dev.lanewise.model.task;

/**
 * Two texts that a model reads together, in this order.
 *
 * @param first such as what is known (a premise)
 * @param second such as what may follow from it (a hypothesis)
 */
public record TextPair(String first, String second) {}
