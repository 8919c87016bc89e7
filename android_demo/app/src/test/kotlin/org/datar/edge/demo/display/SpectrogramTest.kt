package org.datar.edge.demo.display

import kotlin.math.PI
import kotlin.math.roundToInt
import kotlin.math.sin
import org.datar.edge.demo.Recordings
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test

class SpectrogramTest {
    @Test
    fun aToneIsBrightestWhereItsFrequencyIsWritten() {
        for (frequencyHz in listOf(300.0, 1_000.0, 5_000.0)) {
            val spectrogram = Spectrogram(RATE_HZ)
            spectrogram.write(FloatArray(RATE_HZ) { sin(2 * PI * frequencyHz * it / RATE_HZ).toFloat() }, RATE_HZ)
            val column = column(spectrogram, spectrogram.end - 1)
            val row = column.indices.maxByOrNull { brightness(column[it]) }!!
            val expected = (1f - spectrogram.heightOf(frequencyHz)) * spectrogram.bands
            assertEquals("$frequencyHz Hz", expected, row + 0.5f, 1.5f)
        }
    }

    @Test
    fun theLengthOfTheBlocksMakesNoDifference() {
        val (rain, rateHz) = Recordings.own("rain")
        val whole = Spectrogram(rateHz).apply { write(rain, rain.size) }
        val pieces = Spectrogram(rateHz)
        for (start in rain.indices step 333) {
            val part = rain.copyOfRange(start, minOf(rain.size, start + 333))
            pieces.write(part, part.size)
        }
        assertEquals(whole.end, pieces.end)
        for (index in 0 until whole.end) assertArrayEquals(column(whole, index), column(pieces, index))
    }

    @Test
    fun keepsTheNewestColumnsOnly() {
        val spectrogram = Spectrogram(RATE_HZ, columns = 10)
        spectrogram.write(FloatArray(RATE_HZ), RATE_HZ)
        val column = IntArray(spectrogram.bands)
        assertTrue(spectrogram.end > 10)
        assertFalse(spectrogram.copyColumn(spectrogram.end, column))
        assertFalse(spectrogram.copyColumn(spectrogram.end - 11, column))
        assertTrue(spectrogram.copyColumn(spectrogram.end - 10, column))
    }

    @Test
    fun silenceIsDark() {
        val spectrogram = Spectrogram(RATE_HZ).apply { write(FloatArray(RATE_HZ), RATE_HZ) }
        assertTrue(column(spectrogram, 0).all { it == ColourMap.colour(0f) })
    }

    @Test
    fun otherRatesSpanSimilarTimes() {
        for (rateHz in listOf(8_000, 16_000, 32_000, 44_100)) {
            assertEquals("$rateHz Hz", 6, Spectrogram(rateHz).spanS.roundToInt())
        }
    }

    private fun column(spectrogram: Spectrogram, index: Long) =
        IntArray(spectrogram.bands).also { assertTrue(spectrogram.copyColumn(index, it)) }

    private fun brightness(colour: Int) = (colour shr 8 and 0xFF) + (colour shr 16 and 0xFF)

    private companion object {
        const val RATE_HZ = 16_000
    }
}
