package org.datar.edge

import kotlin.random.Random
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Test

class WindowCutterTest {
    private data class Cut(val start: Long, val samples: List<Float>, val valid: Int)

    /** The rule, word by word: window k covers k·hop to k·hop + window; a rest is padded. */
    private fun byTheRule(sound: FloatArray, window: Int, hop: Int): List<Cut> {
        val whole = generateSequence(0) { it + hop }.takeWhile { it + window <= sound.size }.toList()
        val next = (whole.lastOrNull() ?: -hop) + hop
        val covered = whole.lastOrNull()?.let { it + window } ?: 0
        val starts = if (sound.size > maxOf(covered, next)) whole + next else whole
        return starts.map { start ->
            val valid = minOf(window, sound.size - start)
            Cut(start.toLong(), List(window) { if (it < valid) sound[start + it] else 0f }, valid)
        }
    }

    @Test
    fun cutsByTheRuleHoweverTheSoundComes() {
        val random = Random(2)
        repeat(300) {
            val (window, hop) = random.nextInt(1, 30) to random.nextInt(1, 40)
            val sound = FloatArray(random.nextInt(0, 150)) { random.nextFloat() }
            val cuts = mutableListOf<Cut>()
            val cutter = WindowCutter(window, hop) { start, samples, valid ->
                cuts += Cut(start, samples.toList(), valid)
            }
            var at = 0
            while (at < sound.size) {
                val count = minOf(random.nextInt(1, 60), sound.size - at)
                cutter.push(sound, at, count)
                at += count
            }
            cutter.finish()
            assertEquals("window $window, hop $hop, ${sound.size}", byTheRule(sound, window, hop), cuts)
        }
    }

    @Test
    fun refusesAWindowOrAHopOfNothing() {
        assertThrows(IllegalArgumentException::class.java) { WindowCutter(0, 1) { _, _, _ -> } }
        assertThrows(IllegalArgumentException::class.java) { WindowCutter(1, 0) { _, _, _ -> } }
    }
}
