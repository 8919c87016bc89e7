package org.datar.edge.demo

import android.app.AlertDialog
import android.content.DialogInterface
import android.widget.Spinner
import org.datar.edge.demo.settings.Settings
import org.junit.Assert.assertEquals
import org.junit.Assert.assertFalse
import org.junit.Assert.assertTrue
import org.junit.Test
import org.robolectric.shadows.ShadowDialog

class SettingsTest : AppTest() {
    private val engine = CountingEngine()
    private val store get() = (app as DemoApplication).settings
    private val dialog get() = ShadowDialog.getLatestDialog() as AlertDialog

    @Test
    fun whatIsChosenIsAppliedAtOnceAndKept() {
        TestApplication.engines = listOf(CountingEngine("Other"), engine)
        allowMicrophone()
        val screen = screen()
        screen.pressStart()
        await("listening") { screen.model.startsWith("Other · datar-micro.tflite · threads: 2") }
        screen.press(R.id.open_settings)
        choose(R.id.setting_engine, "Counting")
        choose(R.id.setting_threads, "4")
        choose(R.id.setting_hop, "0.50 s")
        choose(R.id.setting_threshold, "0.3")
        dialog.getButton(DialogInterface.BUTTON_POSITIVE).performClick()
        await("listening on") { screen.model.startsWith("Counting · datar-micro.tflite · threads: 4") }
        assertEquals("Stop", screen.button)
        assertEquals(4, engine.threads)
        assertEquals(Settings("Counting", "datar-micro.tflite", 4, 0.3, 0.5), store.load())
        assertFalse(dialog.isShowing)
    }

    @Test
    fun rotationKeepsTheDialogOpen() {
        val screen = screen()
        screen.press(R.id.open_settings)
        val before = dialog
        screen.turn("land")
        assertFalse(before.isShowing)
        assertTrue(dialog !== before && dialog.isShowing)
    }

    @Test
    fun cancellingChangesNothing() {
        val screen = screen()
        screen.press(R.id.open_settings)
        choose(R.id.setting_threads, "8")
        val cancelled = dialog
        cancelled.getButton(DialogInterface.BUTTON_NEGATIVE).performClick()
        await("it is gone") { !cancelled.isShowing }
        assertEquals(Settings(), store.load())
        screen.press(R.id.open_settings)
        assertTrue(dialog !== cancelled && dialog.isShowing)
        assertEquals("2", spinner(R.id.setting_threads).selectedItem)
    }

    @Test
    fun theStoreKeepsEverySetting() {
        for (settings in listOf(Settings(), Settings("a", "b", 3, 0.7, 0.25))) {
            store.save(settings)
            assertEquals(settings, store.load())
        }
    }

    private fun spinner(id: Int): Spinner = dialog.findViewById(id)

    private fun choose(id: Int, name: String) {
        val spinner = spinner(id)
        val position = (0 until spinner.count).first { spinner.getItemAtPosition(it) == name }
        spinner.setSelection(position)
        await("$name is chosen") { spinner.selectedItem == name }
    }
}
