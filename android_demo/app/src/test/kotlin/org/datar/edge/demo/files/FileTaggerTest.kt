package org.datar.edge.demo.files

import java.io.File
import kotlin.math.abs
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.JsonElement
import kotlinx.serialization.json.double
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.datar.edge.ModelFile
import org.datar.edge.Tag
import org.datar.edge.demo.Recordings
import org.datar.edge.demo.sound.SoundReader
import org.datar.edge.jvm.JvmTfliteEngine
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test

/** A rooster, rain, and the rooster again, against what Python tells of the same sound. */
class FileTaggerTest {
    private val demo = File(System.getProperty("demo"))
    private val model = ModelFile(File(demo, "../datar_edge/bundled/datar-micro.tflite"))
    private val vectors = Json.parseToJsonElement(File(demo, "testdata/segments.json").readText()).jsonObject
    private val names = vectors.getValue("recordings").jsonArray.map { it.jsonPrimitive.content }
    private val hopS = vectors.getValue("hop_s").jsonPrimitive.double

    @Test
    fun tellsTheSegmentsThatPythonTells() =
        assertSegments("at_the_models_rate", Held(16_000, names.map(Recordings::scored)), tolerance = 1e-4f)

    /** Python resamples by soxr, whose filter differs a little at the edge of its band. */
    @Test
    fun tellsTheSameOfASoundAtAnotherRate() {
        val sounds = names.map(Recordings::own)
        val rateHz = sounds.map { it.second }.distinct().single()
        assertSegments("at_their_own_rate", Held(rateHz, sounds.map { it.first }), tolerance = 0.002f)
    }

    @Test
    fun endsWhenNobodyLooksAnyMore() {
        var windows = 0
        val segments = tagged(Held(16_000, names.map(Recordings::scored))) { ++windows < 2 }
        assertTrue(segments.isEmpty())
        assertEquals(2, windows)
    }

    private fun assertSegments(case: String, sound: SoundReader, tolerance: Float) {
        val expected = vectors.getValue(case).jsonArray.map(::segment)
        val found = tagged(sound) { true }
        val told = "expected $expected, found $found"
        assertEquals(told, expected.map(::labels), found.map(::labels))
        for ((python, app) in expected zip found) {
            assertEquals(told, python.startS, app.startS, 1e-3)
            assertEquals(told, python.endS, app.endS, 1e-3)
        }
        val greatest = (scores(expected) zip scores(found)).maxOf { (one, other) -> abs(one - other) }
        println("segments $case: a score differs from Python's by %.1e at most".format(greatest))
        assertTrue("$greatest, $told", greatest < tolerance)
    }

    private fun scores(segments: List<Segment>) = segments.flatMap { segment -> segment.tags.map { it.score } }

    /** The best label; those behind it may lie closer together than the tolerance. */
    private fun labels(segment: Segment) = segment.tags.size to segment.tags.first().label

    private fun segment(json: JsonElement): Segment = json.jsonObject.let { segment ->
        val tags = segment.getValue("tags").jsonArray.map { it.jsonObject }
        Segment(
            startS = segment.getValue("start_s").jsonPrimitive.double,
            endS = segment.getValue("end_s").jsonPrimitive.double,
            tags = tags.map {
                Tag(it.getValue("label").jsonPrimitive.content, it.getValue("score").jsonPrimitive.double.toFloat())
            },
        )
    }

    private fun tagged(sound: SoundReader, goesOn: () -> Boolean): List<Segment> {
        val segments = ArrayList<Segment>()
        val observer = object : TaggingObserver {
            override fun onProgress(heardS: Double) = goesOn()

            override fun onSegment(segment: Segment) {
                segments += segment
            }
        }
        JvmTfliteEngine().open(model, 1).use { FileTagger(it, hopS).tag(sound, observer) }
        return segments
    }

    /** Sounds in memory, one after the other. */
    private class Held(override val sampleRateHz: Int, sounds: List<FloatArray>) : SoundReader {
        private val samples = sounds.reduce(FloatArray::plus)
        private var next = 0
        override val durationS = samples.size / sampleRateHz.toDouble()

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
