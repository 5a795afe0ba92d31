import a_package_nobody_installed

graph = a_package_nobody_installed.graph
