package org.datar.edge.demo.display

import java.util.Random
import kotlin.math.PI
import kotlin.math.cos
import kotlin.math.sin
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Test

class PowerSpectrumTest {
    @Test
    fun equalsTheDefinitionOfTheFourierTransform() {
        val random = Random(1)
        val frame = FloatArray(SIZE) { random.nextGaussian().toFloat() }
        val power = FloatArray(SIZE / 2 + 1)
        PowerSpectrum(SIZE).compute(frame, power)
        for (bin in power.indices) assertEquals(definition(frame, bin), power[bin].toDouble(), 1e-5)
    }

    @Test
    fun aFullScaleSineHasPowerOneInItsBin() {
        val frame = FloatArray(SIZE) { sin(2.0 * PI * 16 * it / SIZE).toFloat() }
        val power = FloatArray(SIZE / 2 + 1)
        PowerSpectrum(SIZE).compute(frame, power)
        assertEquals(1f, power[16], 1e-4f)
        assertEquals(0f, power[40], 1e-6f)
    }

    @Test
    fun refusesAFrameThatIsNoPowerOfTwo() {
        assertThrows(IllegalArgumentException::class.java) { PowerSpectrum(500) }
    }

    private fun definition(frame: FloatArray, bin: Int): Double {
        var re = 0.0
        var im = 0.0
        for ((index, sample) in frame.withIndex()) {
            val windowed = sample * (0.5 - 0.5 * cos(2.0 * PI * index / SIZE))
            re += windowed * cos(2.0 * PI * bin * index / SIZE)
            im -= windowed * sin(2.0 * PI * bin * index / SIZE)
        }
        return 16.0 * (re * re + im * im) / SIZE / SIZE
    }

    private companion object {
        const val SIZE = 128
    }
}
