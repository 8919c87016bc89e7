package org.datar.edge.demo.sound

import kotlin.math.PI
import kotlin.math.abs
import kotlin.math.ceil
import kotlin.math.log10
import kotlin.math.sin
import org.datar.edge.demo.Recordings
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test

class ResamplerTest {
    @Test
    fun aToneBelowHalfTheRateStaysWhatItIs() {
        for ((fromHz, toHz) in RATES) {
            for (frequencyHz in listOf(100.0, 0.4 * minOf(fromHz, toHz))) {
                val resampled = Recordings.resampled(tone(frequencyHz, fromHz), fromHz, toHz)
                val expected = tone(frequencyHz, toHz)
                val worst = inner(toHz).maxOf { abs(resampled[it] - expected[it]) }
                assertTrue("$frequencyHz Hz, $fromHz to $toHz: $worst", worst < 1e-3)
            }
        }
    }

    @Test
    fun aToneAboveHalfTheRateVanishes() {
        val resampled = Recordings.resampled(tone(9_000.0, 44_100), 44_100, 16_000)
        val loudestDb = 20 * log10(inner(16_000).maxOf { abs(resampled[it]) })
        assertTrue("$loudestDb dB", loudestDb < -60)
    }

    @Test
    fun keepsTheLength() {
        for ((fromHz, toHz) in RATES) {
            for (count in listOf(1, 1_000, 44_463)) {
                val resampled = Recordings.resampled(FloatArray(count), fromHz, toHz)
                assertEquals("$count of $fromHz Hz to $toHz", ceil(count.toDouble() * toHz / fromHz).toInt(), resampled.size)
            }
        }
    }

    @Test
    fun thePiecesMakeNoDifference() {
        val (samples, rateHz) = Recordings.own("rooster")
        val whole = Recordings.resampled(samples, rateHz, 16_000)
        assertArrayEquals(whole, Recordings.resampled(samples, rateHz, 16_000, block = 777), 0f)
    }

    @Test
    fun theSameRateChangesNothing() {
        val samples = tone(440.0, 16_000)
        assertArrayEquals(samples, Recordings.resampled(samples, 16_000, 16_000), 1e-6f)
    }

    private fun tone(frequencyHz: Double, rateHz: Int) =
        FloatArray(rateHz) { (0.5 * sin(2 * PI * frequencyHz * it / rateHz)).toFloat() }

    /** Away from the tone's ends, where it is no tone. */
    private fun inner(rateHz: Int) = rateHz / 10 until rateHz * 9 / 10

    private companion object {
        val RATES = listOf(44_100 to 16_000, 48_000 to 16_000, 8_000 to 16_000, 22_050 to 16_000, 16_000 to 32_000)
    }
}
