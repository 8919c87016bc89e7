package org.datar.edge.demo.display

import kotlin.math.pow
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test

class ColourMapTest {
    @Test
    fun isBrighterTheHigherTheLevelForEveryKindOfSight() {
        val luminances = (0..100).map { luminance(ColourMap.colour(it / 100f)) }
        for ((darker, brighter) in luminances.zipWithNext()) assertTrue("$darker $brighter", brighter >= darker)
        assertTrue(luminances.last() > 40 * luminances.first())
    }

    @Test
    fun hasViridisAtItsEnds() {
        assertEquals(0xFF440154.toInt(), ColourMap.colour(-1f))
        assertEquals(0xFFFDE724.toInt(), ColourMap.colour(2f))
    }

    /** Relative luminance of sRGB (WCAG 2). */
    private fun luminance(colour: Int): Double {
        val (red, green, blue) = listOf(16, 8, 0).map { shift ->
            val share = (colour shr shift and 0xFF) / 255.0
            if (share <= 0.04045) share / 12.92 else ((share + 0.055) / 1.055).pow(2.4)
        }
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue
    }
}
