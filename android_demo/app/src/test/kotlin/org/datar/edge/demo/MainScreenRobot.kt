package org.datar.edge.demo

import android.view.View
import android.view.ViewGroup
import android.widget.ListView
import android.widget.TextView
import org.robolectric.RuntimeEnvironment
import org.robolectric.android.controller.ActivityController

/** What a visitor does with the main screen, and sees there. */
class MainScreenRobot(private val controller: ActivityController<MainActivity>) {
    val activity: MainActivity get() = controller.get()

    val headline get() = text(R.id.headline)
    val status get() = text(R.id.status_figures)
    val model get() = text(R.id.status_model)
    val button get() = text(R.id.start_stop)
    val problem: String? get() = text(R.id.problem_text).takeIf { view<View>(R.id.problem).visibility == View.VISIBLE }

    /** The described bars, the best first. */
    val bars: List<String> get() = view<ViewGroup>(R.id.tags).let { rows ->
        (0 until rows.childCount).mapNotNull { rows.getChildAt(it).contentDescription?.toString() }
    }

    /** The described events, the newest first. */
    val events: List<String> get() {
        val list = view<ListView>(R.id.events)
        return (list.headerViewsCount until list.adapter.count)
            .map { list.adapter.getView(it, null, list).contentDescription.toString() }
    }

    override fun toString() = "$problem | $headline | $bars | $events | $model | $status | $button"

    fun pressStart() = press(R.id.start_stop)

    fun press(id: Int) {
        view<View>(id).performClick()
    }

    fun turn(qualifiers: String) {
        RuntimeEnvironment.setQualifiers("+$qualifiers")
        controller.configurationChange()
    }

    fun leave() {
        controller.pause().stop()
    }

    fun comeBack() {
        controller.restart().start().resume()
    }

    fun <T : View> view(id: Int): T = checkNotNull(activity.findViewById<T>(id))

    private fun text(id: Int) = view<TextView>(id).text.toString()
}
