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

    /** The values are those of `datar-edge tag --hop 0.5 --json` on the same three sounds in one file. */
    @Test
    fun tellsTheSegmentsThatPythonTells() {
        val expected = listOf(
            listOf("Rooster", 0.0, 2.03, 0.4772),
            listOf("Baby cry", 2.03, 2.53, 0.3974),
            listOf("Rooster", 2.53, 3.03, 0.2715),
            listOf("Rain", 3.03, 6.03, 0.6973),
            listOf("Rooster", 6.03, 8.679, 0.4429),
        )
        val segments = tagged(hopS = 0.5) { true }
        assertEquals(expected.map { it[0] }, segments.map { it.tags.first().label })
        for ((row, segment) in expected.zip(segments)) {
            assertEquals(row[1] as Double, segment.startS, 0.001)
            assertEquals(row[2] as Double, segment.endS, 0.001)
            // Python resamples by another filter.
            assertEquals(row[3] as Double, segment.tags.first().score.toDouble(), 0.01)
            assertEquals(3, segment.tags.size)
        }
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

    /** A rooster, rain, and the rooster again. */
    private class Together : SoundReader {
        private val rooster = Recordings.decode("rooster.ogg")
        private val samples = rooster.first + Recordings.decode("rain.ogg").first + rooster.first
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
