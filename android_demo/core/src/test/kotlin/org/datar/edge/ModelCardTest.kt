package org.datar.edge

import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test

class ModelCardTest {
    private val whole = """
        {"card_version": 1, "preset": "p", "heads": {"class": ["Rain", "Dog bark"], "place": ["Street"]},
         "fbank": {"sample_rate_hz": 16000, "window_s": 2.56}, "hop_s": 0.5, "threshold": 0.25}
    """

    @Test
    fun readsWhatAnAppNeeds() {
        val card = ModelCard.parse(whole)
        assertEquals(listOf("Rain", "Dog bark"), card.labels)
        assertEquals("class", card.mainHead)
        assertEquals(40_960, card.windowSamples)
        assertEquals(2.56, card.windowS, 0.0)
        assertEquals(0.5, card.hopS, 0.0)
        assertEquals(0.25, card.threshold, 0.0)
        assertEquals("softmax", card.activation)
    }

    @Test
    fun refusesWhatIsNoJson() = refuses("hello", "cannot be read")

    @Test
    fun refusesAnUnknownField() = refuses(whole.replace("\"preset\"", "\"preset2\""), "preset2")

    @Test
    fun refusesAMissingField() = refuses(whole.replace("\"preset\": \"p\",", ""), "preset")

    @Test
    fun refusesAnotherVersion() = refuses(whole.replace("\"card_version\": 1", "\"card_version\": 2"), "version 2")

    @Test
    fun refusesNoHeads() =
        refuses(whole.replace(Regex("\"heads\": \\{.*]},"), "\"heads\": {},"), "no heads")

    @Test
    fun refusesALabelTwice() = refuses(whole.replace("Dog bark", "Rain"), "twice")

    @Test
    fun refusesAHeadWithoutLabels() = refuses(whole.replace("[\"Street\"]", "[]"), "no labels")

    @Test
    fun refusesFeatures() =
        refuses(whole.replace("\"hop_s\"", "\"input_kind\": \"features\", \"hop_s\""), "features")

    @Test
    fun refusesARateThatNoMicrophoneHas() = refuses(whole.replace("16000", "0"), "0 Hz")

    @Test
    fun refusesAWindowOfNothing() = refuses(whole.replace("2.56", "0.0"), "window of 0.0 s")

    @Test
    fun refusesAThresholdThatIsNoScore() = refuses(whole.replace("0.25", "1.5"), "threshold 1.5")

    @Test
    fun refusesAHopOfNothing() = refuses(whole.replace("\"hop_s\": 0.5", "\"hop_s\": 0.0"), "hop of 0.0 s")

    private fun refuses(json: String, why: String) {
        val message = assertThrows(CardException::class.java) { ModelCard.parse(json) }.message!!
        assertTrue(message, why in message)
    }
}
