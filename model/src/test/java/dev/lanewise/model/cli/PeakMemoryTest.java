package dev.lanewise.model.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import org.junit.jupiter.api.Test;

class PeakMemoryTest {
  @Test
  void readsFieldsOfTheProcess() {
    String status = "Name:\tjava\nVmPeak:\t  999 kB\nVmHWM:\t  1234 kB\nThreads:\t3\n";
    assertEquals(1234, PeakMemory.field(status, "VmHWM:"));
    assertEquals(3, PeakMemory.field(status, "Threads:"));
    assertEquals(0, PeakMemory.field(status, "VmSwap:"));
    assertEquals(0, PeakMemory.field("VmHWM:\nThreads:\t3\n", "VmHWM:"));
  }
}
