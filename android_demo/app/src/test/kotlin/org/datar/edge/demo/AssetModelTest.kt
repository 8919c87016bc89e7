package org.datar.edge.demo

import java.io.File
import org.datar.edge.ModelException
import org.datar.edge.demo.models.AssetModel
import org.junit.Assert.assertArrayEquals
import org.junit.Assert.assertEquals
import org.junit.Assert.assertThrows
import org.junit.Assert.assertTrue
import org.junit.Test

class AssetModelTest : AppTest() {
    private val name = "datar-micro.tflite"
    private val expected = File(System.getProperty("demo"), "build/assets/models/$name").readBytes()

    @Test
    fun mapsTheAssetAsItIs() {
        val mapped = model("models/$name").map()
        assertTrue(mapped.isDirect && mapped.isReadOnly)
        assertArrayEquals(expected, ByteArray(mapped.remaining()).also(mapped::get))
    }

    @Test
    fun copiesTheAssetForEnginesThatNeedAFile() {
        repeat(2) { assertArrayEquals(expected, model("models/$name").file().readBytes()) }
        assertEquals(listOf(name), app.cacheDir.list()!!.filter { it.startsWith(name) })
    }

    @Test
    fun aMissingAssetIsToldByItsName() {
        val missing = model("models/none.tflite")
        for (read in listOf(missing::map, missing::file)) {
            val error = assertThrows(ModelException::class.java) { read() }
            assertTrue(error.message, error.message!!.startsWith("The model none.tflite cannot be read"))
        }
    }

    private fun model(path: String) = AssetModel(app.assets, path, app.cacheDir)
}
