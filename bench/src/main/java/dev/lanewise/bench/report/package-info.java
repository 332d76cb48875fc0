/**
 * What a run of benchmarks found, and how it is told: as JSON, to be read again and compared; as
 * Markdown; as one HTML page with plots. Knows results only, not who measured them, nor JMH.
 */
package dev.lanewise.bench.report;
