package org.datar.edge

import kotlin.random.Random
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Test

class WindowScheduleTest {
    @Test
    fun aFastModelTakesEveryWindowAndDropsNothing() {
        val schedule = WindowSchedule(window = 100, hop = 40)
        assertNull(schedule.newest(99))
        for (start in 0L..400L step 40) {
            assertEquals(start, schedule.newest(start + 100))
            schedule.take(start)
            assertNull(schedule.newest(start + 139))
        }
        assertEquals(0L, schedule.droppedSamples)
    }

    @Test
    fun theNewestWinsAndWhatNoneCoversIsDropped() {
        val schedule = WindowSchedule(window = 100, hop = 40)
        schedule.take(schedule.newest(100)!!)
        assertEquals(280L, schedule.newest(399))
        schedule.take(280)
        assertEquals(180L, schedule.droppedSamples)
    }

    @Test
    fun aWindowThatIsSkippedInAGapIsDroppedWhole() {
        val schedule = WindowSchedule(window = 10, hop = 100)
        schedule.take(schedule.newest(10)!!)
        assertEquals(0L, schedule.droppedSamples)
        schedule.skip(100)
        schedule.take(schedule.newest(310)!!)
        assertEquals(20L, schedule.droppedSamples)
    }

    @Test
    fun theRestIsWhatNoWindowCovers() {
        val schedule = WindowSchedule(window = 100, hop = 40)
        assertEquals(0L, schedule.rest(1))
        schedule.take(0)
        assertNull(schedule.rest(100))
        assertEquals(40L, schedule.rest(101))
    }

    /** What is dropped is counted by marking each sample of a simulated sound. */
    @Test
    fun countsExactlyWhatWasMeantToBeHeardAndWasNot() {
        val random = Random(3)
        repeat(200) {
            val (window, hop) = random.nextInt(1, 40) to random.nextInt(1, 60)
            val schedule = WindowSchedule(window, hop)
            val taken = mutableListOf<Long>()
            var end = 0L
            repeat(20) {
                end += random.nextLong(0, 150)
                schedule.newest(end)?.let {
                    if (random.nextInt(5) == 0) schedule.skip(it) else taken += it.also(schedule::take)
                }
            }
            val last = taken.lastOrNull() ?: 0L
            val meant = (0L..last step hop.toLong()).flatMap { it until it + window }.toSet()
            val heard = taken.flatMap { it until it + window }.toSet()
            assertEquals("window $window, hop $hop", (meant - heard).size.toLong(), schedule.droppedSamples)
        }
    }
}
