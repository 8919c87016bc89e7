// The C++ TFLite for tests on a desktop; not in the app.
plugins { alias(libs.plugins.kotlin.jvm) }

kotlin {
    compilerOptions {
        jvmTarget = org.jetbrains.kotlin.gradle.dsl.JvmTarget.JVM_11
        allWarningsAsErrors = true
    }
}

java {
    sourceCompatibility = JavaVersion.VERSION_11
    targetCompatibility = JavaVersion.VERSION_11
}

dependencies {
    api(project(":core"))
    implementation(libs.tflite.jvm)
    implementation(libs.javacpp)
    runtimeOnly(variantOf(libs.tflite.jvm) { classifier("linux-x86_64") })
    runtimeOnly(variantOf(libs.javacpp) { classifier("linux-x86_64") })
    testImplementation(libs.serialization.json)
    testImplementation(libs.junit)
}

tasks.test { systemProperty("demo", rootDir) }
