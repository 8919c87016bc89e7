package org.datar.edge.demo

import java.io.File
import java.nio.ByteBuffer
import java.nio.ByteOrder
import javax.sound.sampled.AudioFormat
import javax.sound.sampled.AudioSystem
import kotlinx.serialization.json.Json
import kotlinx.serialization.json.float
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonObject
import kotlinx.serialization.json.jsonPrimitive
import org.datar.edge.demo.sound.Resampler

/** The recordings of the repository's examples. */
object Recordings {
    private val demo = File(checkNotNull(System.getProperty("demo")) { "the build sets 'demo'" })

    fun file(name: String) = File(demo, "../examples/$name")

    /** The very samples at the model's rate that Python scored; tools/android_vectors.py writes them. */
    fun scored(name: String): FloatArray = decode(File(demo, "build/recordings/$name.wav")).first

    /** What Python scored of it, of each window at the card's hop. */
    fun scoresOfPython(name: String): List<FloatArray> {
        val case = python.getValue("recordings").jsonObject.getValue(name).jsonArray.first().jsonObject
        return case.getValue("windows").jsonArray.map { window ->
            window.jsonObject.getValue("scores").jsonArray.map { it.jsonPrimitive.float }.toFloatArray()
        }
    }

    /** The labels in the order of the scores. */
    fun labelsOfPython(): List<String> = python.getValue("labels").jsonArray.map { it.jsonPrimitive.content }

    private val python get() = Json.parseToJsonElement(File(demo, "testdata/scores.json").readText()).jsonObject

    /** The same sound at its own rate, and that rate. */
    fun own(name: String): Pair<FloatArray, Int> = decode(File(demo, "build/recordings/own-rate/$name.wav"))

    /** A WAV file as the JVM decodes it: mono samples, and their rate. */
    fun decode(file: File): Pair<FloatArray, Int> = AudioSystem.getAudioInputStream(file).use { coded ->
        val rateHz = coded.format.sampleRate
        val channels = coded.format.channels
        val format = AudioFormat(rateHz, Short.SIZE_BITS, channels, true, false)
        val bytes = AudioSystem.getAudioInputStream(format, coded).readAllBytes()
        val shorts = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).asShortBuffer()
        val mono = FloatArray(shorts.remaining() / channels) {
            var sum = 0f
            repeat(channels) { sum += shorts.get() / 32_768f }
            sum / channels
        }
        mono to rateHz.toInt()
    }

    fun resampled(samples: FloatArray, fromHz: Int, toHz: Int, block: Int = samples.size): FloatArray {
        val resampler = Resampler(fromHz, toHz)
        val out = ArrayList<Float>()
        val sink = { part: FloatArray, count: Int -> (0 until count).forEach { out += part[it] } }
        for (start in samples.indices step block) {
            val part = samples.copyOfRange(start, minOf(samples.size, start + block))
            resampler.push(part, part.size, sink)
        }
        resampler.finish(sink)
        return out.toFloatArray()
    }
}
