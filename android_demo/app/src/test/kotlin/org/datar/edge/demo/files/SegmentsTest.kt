package org.datar.edge.demo.files

import org.datar.edge.Tag
import org.datar.edge.WindowScores
import org.junit.Assert.assertEquals
import org.junit.Assert.assertNull
import org.junit.Test

class SegmentsTest {
    private val segments = Segments(listOf("Dog", "Rain"), tagCount = 1)

    @Test
    fun windowsThatOverlapChangeInTheMiddleOfWhatTheyShare() {
        assertNull(segments.push(window(0.0, 2.0, floatArrayOf(0.75f, 0.25f))))
        assertNull(segments.push(window(1.0, 3.0, floatArrayOf(0.5f, 0.5f))))
        val dog = segments.push(window(2.0, 4.0, floatArrayOf(0.25f, 0.75f)))!!
        assertEquals(Segment(0.0, 2.5, listOf(Tag("Dog", 0.625f))), dog)
        assertEquals(Segment(2.5, 4.0, listOf(Tag("Rain", 0.75f))), segments.finish())
    }

    @Test
    fun silenceIsASegmentWithoutTags() {
        segments.push(window(0.0, 2.0, floatArrayOf(0.8f, 0.2f)))
        segments.push(window(1.0, 3.0, null))
        assertEquals(Segment(1.5, 3.0, emptyList()), segments.finish())
    }

    @Test
    fun windowsWithAGapBetweenAreNotJoined() {
        segments.push(window(0.0, 1.0, floatArrayOf(0.8f, 0.2f)))
        val first = segments.push(window(2.0, 3.0, floatArrayOf(0.8f, 0.2f)))
        assertEquals(Segment(0.0, 1.0, listOf(Tag("Dog", 0.8f))), first)
        assertEquals(2.0, segments.finish()!!.startS, 0.0)
    }

    @Test
    fun noSoundHasNoSegment() = assertNull(segments.finish())

    private fun window(startS: Double, endS: Double, scores: FloatArray?) =
        WindowScores(startS, endS, paddedS = 0.0, levelDbfs = -20.0, scores = scores)
}
