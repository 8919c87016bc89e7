package org.datar.edge.demo.files

import java.io.File
import org.datar.edge.ModelFile
import org.datar.edge.demo.Recordings
import org.datar.edge.demo.sound.SoundReader
import org.datar.edge.jvm.JvmTfliteEngine
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test

class FileTaggerTest {
    private val model = ModelFile(File(System.getProperty("demo"), "../datar_edge/bundled/datar-micro.tflite"))

    /** The values are those of `datar-edge tag --json` on the same sounds in one file. */
    @Test
    fun tellsTheSegmentsThatPythonTells() {
        val (rooster, rain) = tagged(hopS = 1.0) { true }.also { assertEquals(2, it.size) }
        assertSegment("Rooster", 0.0, 5.78, 0.7609, rooster)
        assertSegment("Rain", 5.78, 15.119, 0.7267, rain)
    }

    private fun assertSegment(label: String, startS: Double, endS: Double, score: Double, segment: Segment) {
        assertEquals(startS, segment.startS, 0.001)
        assertEquals(endS, segment.endS, 0.001)
        assertEquals(3, segment.tags.size)
        assertEquals(label, segment.tags.first().label)
        // Python resamples by another filter.
        assertEquals(score, segment.tags.first().score.toDouble(), 0.01)
    }

    @Test
    fun endsWhenNobodyLooksAnyMore() {
        var windows = 0
        val segments = tagged(hopS = 0.5) { ++windows < 2 }
        assertTrue(segments.isEmpty())
        assertEquals(2, windows)
    }

    private fun tagged(hopS: Double, goesOn: () -> Boolean): List<Segment> {
        val segments = ArrayList<Segment>()
        val observer = object : TaggingObserver {
            override fun onProgress(heardS: Double) = goesOn()

            override fun onSegment(segment: Segment) {
                segments += segment
            }
        }
        JvmTfliteEngine().open(model, 1).use { FileTagger(it, hopS).tag(Together(), observer) }
        return segments
    }

    /** A rooster twice, and rain twice. */
    private class Together : SoundReader {
        private val rooster = Recordings.decode("rooster.ogg")
        private val rain = Recordings.decode("rain.ogg").first
        private val crow = rooster.first + FloatArray(31_752)
        private val samples = crow + crow + rain + rain
        private var next = 0
        override val sampleRateHz = rooster.second
        override val durationS = samples.size / rooster.second.toDouble()

        override fun read(target: FloatArray): Int {
            if (next == samples.size) return -1
            val count = minOf(target.size, samples.size - next)
            samples.copyInto(target, 0, next, next + count)
            next += count
            return count
        }

        override fun close() = Unit
    }
}
