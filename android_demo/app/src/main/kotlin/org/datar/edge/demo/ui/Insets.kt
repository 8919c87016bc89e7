package org.datar.edge.demo.ui

import android.os.Build
import android.view.View
import android.view.WindowInsets

/**
 * Keeps a screen's content clear of the system's bars and of the camera, where the system draws the
 * app under them; before Android 11 it never does.
 */
internal fun View.padByInsets() {
    if (Build.VERSION.SDK_INT < Build.VERSION_CODES.R) return
    setOnApplyWindowInsetsListener { view, insets ->
        val edges = insets.getInsets(WindowInsets.Type.systemBars() or WindowInsets.Type.displayCutout())
        view.setPadding(edges.left, edges.top, edges.right, edges.bottom)
        WindowInsets.CONSUMED
    }
}
