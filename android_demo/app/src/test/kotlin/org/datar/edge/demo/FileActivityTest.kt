package org.datar.edge.demo

import android.content.Intent
import android.net.Uri
import android.widget.ListView
import android.widget.TextView
import java.io.InputStream
import org.junit.Assert.assertEquals
import org.junit.Assert.assertTrue
import org.junit.Test
import org.robolectric.Robolectric
import org.robolectric.RuntimeEnvironment
import org.robolectric.Shadows.shadowOf
import org.robolectric.android.controller.ActivityController

class FileActivityTest : AppTest() {
    private val file = Uri.parse("content://recorder/helicopter.wav")

    @Test
    fun aSharedWavFileIsNamed() {
        register { Recordings.file("helicopter.wav").inputStream() }
        val share = Intent(Intent.ACTION_SEND).setType("audio/wav").putExtra(Intent.EXTRA_STREAM, file)
        val activity = opened(share).get()
        await("the end") { activity.status.startsWith("0:01.0, heard in ") }
        assertEquals("helicopter.wav", activity.findViewById<TextView>(R.id.file_name).text.toString())
        assertEquals(1, activity.rows.size)
        val scores = Recordings.scoresOfPython("helicopter").single()
        val (best, second) = Recordings.labelsOfPython().zip(scores.toList()).sortedByDescending { it.second }.map { it.first }
        assertTrue(activity.rows.toString(), activity.rows.first().startsWith("$best, 0:00.0 to 0:01.0\n$second 0."))
    }

    @Test
    fun rotationTagsOn() {
        val engine = CountingEngine()
        TestApplication.engines = listOf(engine)
        register { Recordings.file("helicopter.wav").inputStream() }
        val controller = opened(Intent(Intent.ACTION_VIEW, file))
        RuntimeEnvironment.setQualifiers("+land")
        controller.configurationChange()
        await("the end") { controller.get().rows.size == 1 }
        assertEquals(1, engine.opened.get())
        await("the model is closed") { engine.closed.get() == 1 }
    }

    @Test
    fun whatCannotBeReadIsTold() {
        register { "RIFF....WAVEfmt ".byteInputStream() }
        val activity = opened(Intent(Intent.ACTION_VIEW, file)).get()
        await("a failure") { activity.status == "The file cannot be opened: the WAV file ends in its header." }
        failsWith("it is not handed out by an app", Intent(Intent.ACTION_VIEW, Uri.parse("file:///etc/passwd")))
        failsWith("none was shared", Intent(Intent.ACTION_SEND))
    }

    @Test
    fun aFileThatIsGoneIsTold() {
        register { throw java.io.FileNotFoundException("it was deleted") }
        failsWith("it was deleted", Intent(Intent.ACTION_VIEW, file))
    }

    @Test
    fun anEmptySoundIsTold() {
        val header = Recordings.file("helicopter.wav").readBytes().copyOf(44)
        register { header.inputStream() }
        val activity = opened(Intent(Intent.ACTION_VIEW, file)).get()
        await("the end") { activity.status == "The file holds no sound." }
    }

    private fun failsWith(reason: String, intent: Intent) {
        val activity = opened(intent).get()
        await(reason) { activity.status == "The file cannot be opened: $reason." }
    }

    private fun register(open: () -> InputStream) = shadowOf(app.contentResolver).registerInputStreamSupplier(file, open)

    private fun opened(intent: Intent): ActivityController<FileActivity> =
        open(Robolectric.buildActivity(FileActivity::class.java, intent))

    private val FileActivity.status get() = findViewById<TextView>(R.id.file_status).text.toString()

    private val FileActivity.rows: List<String> get() {
        val list = findViewById<ListView>(R.id.segments)
        return (0 until list.adapter.count).map { list.adapter.getView(it, null, list).contentDescription.toString() }
    }
}
