/**
 * Names of models, where they come from and what their bytes must hash to; the cache that keeps
 * them and the pull that fills it. It must not know what is inside a model file, nor who asks for
 * one: it turns a name into a path.
 */
package dev.lanewise.model.catalogue;
