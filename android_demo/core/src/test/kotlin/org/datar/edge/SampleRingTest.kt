package org.datar.edge

import kotlin.random.Random
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test

class SampleRingTest {
    /** Sample n of the stream has the value n. */
    private fun counted(from: Int, count: Int) = FloatArray(count) { (from + it).toFloat() }

    @Test
    fun keepsTheNewestHoweverTheyCome() {
        val random = Random(1)
        repeat(200) {
            val capacity = random.nextInt(1, 50)
            val ring = SampleRing(capacity)
            var end = 0
            repeat(10) {
                val count = random.nextInt(0, 80)
                val offset = random.nextInt(0, 5)
                ring.write(FloatArray(offset) + counted(end, count), offset, count)
                end += count
                assertEquals(end.toLong(), ring.end)
                val kept = minOf(capacity, end)
                val copy = FloatArray(kept)
                assertTrue(ring.copy((end - kept).toLong(), kept, copy))
                assertArrayEquals(counted(end - kept, kept), copy, 0f)
            }
        }
    }

    @Test
    fun refusesWhatIsGoneOrNotYetThere() {
        val ring = SampleRing(10)
        ring.write(counted(0, 25))
        val into = FloatArray(10) { -1f }
        assertFalse(ring.copy(14, 2, into))
        assertFalse(ring.copy(20, 6, into))
        assertFalse(ring.copy(-1, 1, into))
        assertTrue(into.all { it == -1f })
        assertTrue(ring.copy(15, 10, into))
    }
}
