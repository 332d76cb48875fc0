/**
 * What several packages of this module share: the exception for input that cannot be used, files
 * that are read whole, tables of strings, protocol buffers, and the guard of what serves one caller
 * at a time. Uses nothing but the JDK.
 */
package dev.lanewise.model;
