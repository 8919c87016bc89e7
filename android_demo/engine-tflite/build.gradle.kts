plugins { alias(libs.plugins.android.library) }

android {
    namespace = "org.datar.edge.tflite"
    compileSdk = libs.versions.compileSdk.get().toInt()
    defaultConfig { minSdk = libs.versions.minSdk.get().toInt() }
    compileOptions {
        sourceCompatibility = JavaVersion.VERSION_11
        targetCompatibility = JavaVersion.VERSION_11
    }
}

kotlin { compilerOptions { allWarningsAsErrors = true } }

dependencies {
    api(project(":core"))
    implementation(libs.tflite)
    implementation(libs.tflite.api)
}
