package dev.lanewise.model.task;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Codes and names of languages. */
class LanguageNamesTest {
  @ParameterizedTest
  @ValueSource(strings = {"de", "deu", "DE", "de_DE", "deu_Latn", "de-AT", "German", "german"})
  void manyWaysToSayGerman(String language) {
    assertEquals(Optional.of("German"), LanguageNames.english(language));
    assertTrue(LanguageNames.same("german", language));
  }

  @Test
  void otherLanguagesAreOthers() {
    assertFalse(LanguageNames.same("fr", "de"));
    assertEquals(Optional.empty(), LanguageNames.english("Klingonese"));
    assertTrue(LanguageNames.same("Klingonese", "klingonese"));
    assertFalse(LanguageNames.same("Klingonese", "Dothrakish"));
  }
}
