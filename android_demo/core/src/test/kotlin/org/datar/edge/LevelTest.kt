package org.datar.edge

import kotlin.math.PI
import kotlin.math.sin
import org.junit.Assert.assertEquals
import org.junit.Test

class LevelTest {
    @Test
    fun aFullSineIsThreeDecibelsBelowFullScale() {
        val sine = FloatArray(16_000) { sin(2 * PI * 1_000 * it / 16_000).toFloat() + 0.25f }
        assertEquals(-3.0103, levelDbfs(sine), 1e-4)
    }

    @Test
    fun aConstantIsSilence() = assertEquals(Double.NEGATIVE_INFINITY, levelDbfs(FloatArray(100) { 0.5f }), 0.0)

    @Test
    fun paddingDoesNotCount() = assertEquals(levelDbfs(floatArrayOf(1f, -1f)), levelDbfs(floatArrayOf(1f, -1f, 0f), 2), 0.0)
}
