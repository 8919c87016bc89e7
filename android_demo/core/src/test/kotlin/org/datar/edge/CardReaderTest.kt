package org.datar.edge

import java.io.ByteArrayOutputStream
import java.util.zip.ZipEntry
import java.util.zip.ZipOutputStream
import kotlin.random.Random
import kotlinx.serialization.json.jsonArray
import kotlinx.serialization.json.jsonPrimitive
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test

class CardReaderTest {
    private val vectors = TestFiles.vectors("scores.json")
    private val labels = vectors.getValue("labels").jsonArray.map { it.jsonPrimitive.content }

    @Test
    fun readsTheBundledTflite() {
        val source = ModelFile(TestFiles.bundledTflite)
        val card = CardReader.read(source.map(), source.name)
        assertEquals(labels, card.labels)
        assertEquals(vectors.getValue("sample_rate_hz").jsonPrimitive.content.toInt(), card.sampleRateHz)
        assertEquals(vectors.getValue("window_samples").jsonPrimitive.content.toInt(), card.windowSamples)
        assertEquals(64, card.contentSha256.length)
    }

    @Test
    fun readsTheCardOfAnExecuTorchFile() {
        val source = ModelFile(TestFiles.pte)
        val card = CardReader.read(source.map(), source.name)
        assertEquals(listOf("Dog bark", "Rain"), card.labels)
        assertEquals(8_000, card.sampleRateHz)
        assertEquals(400, card.windowSamples)
        assertEquals(64, card.contentSha256.length)
    }

    @Test
    fun readsACardThatIsPackedTightly() {
        val model = "\u0000\u0000\u0000\u0000TFL3".toByteArray() + ByteArray(1_000)
        val json = TestFiles.bundledTflite.let { ModelFile(it).map() }.let { AssociatedFiles.of(it)!! }
            .read("datar_edge_card.json", 1 shl 20)!!.decodeToString()
            .replace(Regex("\"content_sha256\": \"[0-9a-f]*\""), "\"content_sha256\": \"\"")
        val card = CardReader.read(TestFiles.mapped(model + zip("datar_edge_card.json", json)), "m.tflite")
        assertEquals(labels, card.labels)
    }

    @Test
    fun refusesAFileWithoutACard() {
        val model = "\u0000\u0000\u0000\u0000TFL3".toByteArray() + ByteArray(1_000)
        assertThrows(CardException::class.java) { CardReader.read(TestFiles.mapped(model), "m.tflite") }
        val other = model + zip("labels.txt", "Rain")
        assertThrows(CardException::class.java) { CardReader.read(TestFiles.mapped(other), "m.tflite") }
    }

    @Test
    fun refusesWhatIsNoModel() {
        for (bytes in listOf(ByteArray(0), ByteArray(3), ByteArray(7), "RIFF1234WAVE".toByteArray())) {
            assertThrows(ModelException::class.java) { CardReader.read(TestFiles.mapped(bytes), "sound.wav") }
        }
    }

    @Test
    fun refusesAFileThatIsCutOff() {
        for (file in listOf(TestFiles.bundledTflite, TestFiles.pte)) {
            val bytes = TestFiles.bytes(file)
            for (length in listOf(8, 24, 1_000, bytes.size / 2, bytes.size - 1)) {
                assertThrows(ModelException::class.java) {
                    CardReader.read(TestFiles.mapped(bytes.copyOf(length)), file.name)
                }
            }
        }
    }

    @Test
    fun refusesAFileInWhichOneBitIsWrong() {
        for (file in listOf(TestFiles.bundledTflite, TestFiles.pte)) {
            val bytes = TestFiles.bytes(file)
            val random = Random(file.name.hashCode())
            repeat(20) {
                val at = random.nextInt(8, bytes.size * 9 / 10)
                val whole = bytes[at]
                bytes[at] = (whole.toInt() xor (1 shl random.nextInt(8))).toByte()
                val error = assertThrows("byte $at", ModelException::class.java) {
                    CardReader.read(TestFiles.mapped(bytes), file.name)
                }
                assertTrue(error.message, error.message!!.isNotBlank())
                bytes[at] = whole
            }
        }
    }

    private fun zip(name: String, text: String): ByteArray {
        val bytes = ByteArrayOutputStream()
        ZipOutputStream(bytes).use {
            it.putNextEntry(ZipEntry(name))
            it.write(text.toByteArray())
        }
        return bytes.toByteArray()
    }
}
