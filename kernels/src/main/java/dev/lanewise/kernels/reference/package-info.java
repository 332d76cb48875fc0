/**
 * Every operation in plain loops: the specification, the oracle of the tests and the fallback in
 * one, and the argument checks that all implementations share. Knows no vector instruction and no
 * bit layout.
 */
package dev.lanewise.kernels.reference;
