/**
 * The server: HTTP in, work for a model, JSON or events out, in the form of OpenAI's interface. One
 * model, a fixed number of requests at once, and a queue. Stands beside the command line, on tasks
 * and generators; knows nothing of options, of catalogues, or of where models come from, and
 * fetches nothing for a request.
 */
package dev.lanewise.model.server;
