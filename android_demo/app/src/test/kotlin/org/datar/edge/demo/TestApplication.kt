package org.datar.edge.demo

import org.datar.edge.Engine
import org.datar.edge.jvm.JvmTfliteEngine

/** The app with engines of a test's choice; by default the real TFLite. */
class TestApplication : DemoApplication() {
    override fun engines(): List<Engine> = engines

    companion object {
        var engines: List<Engine> = listOf(JvmTfliteEngine())
    }
}
