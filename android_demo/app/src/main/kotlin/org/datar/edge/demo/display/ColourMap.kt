package org.datar.edge.demo.display

/**
 * Viridis: dark violet over green to yellow. Its brightness rises evenly, so that the colour-blind and
 * printers in black and white see the same order of levels. The anchors are values of matplotlib's
 * map, which is in the public domain (CC0).
 */
object ColourMap {
    private val anchors = intArrayOf(
        0x440154, 0x48196B, 0x462F7C, 0x404387, 0x38568B, 0x30678D, 0x29788E, 0x23888D,
        0x1E988A, 0x22A784, 0x35B778, 0x53C567, 0x79D151, 0xA5DA35, 0xD2E11B, 0xFDE724,
    )
    private val colours = IntArray(SIZE) { index -> between(index * (anchors.size - 1) / (SIZE - 1f)) }

    /** The opaque ARGB colour of a level from 0 to 1; what lies outside is taken to its end. */
    fun colour(level: Float): Int = colours[(level.coerceIn(0f, 1f) * (SIZE - 1)).toInt()]

    private fun between(position: Float): Int {
        val low = position.toInt().coerceAtMost(anchors.size - 2)
        val share = position - low
        var colour = 0xFF
        for (shift in intArrayOf(16, 8, 0)) {
            val from = anchors[low] shr shift and 0xFF
            val to = anchors[low + 1] shr shift and 0xFF
            colour = colour shl 8 or Math.round(from + share * (to - from))
        }
        return colour
    }

    private const val SIZE = 256
}
