# zs_library(NAME SOURCES … [DEPS …] [LIBS …] [TESTS …] [FUZZ …])
#
# One folder is one static library. DEPS are folders of ours (what it may include), LIBS are foreign.
# TESTS are the folder's own unit tests; each links this library whole and its declared DEPS and
# nothing else, so that an upward call fails at link time. FUZZ are libFuzzer targets.
#
# NAME-closed is an empty program with every object of the library and its declared DEPS: it links
# only when no object calls upwards, tested or not. Tests of the folders in ZS_THREADED carry the
# label "tsan" and are what the target zs_tsan_tests builds.

find_package(PkgConfig REQUIRED)

add_library(zs_flags INTERFACE)
target_include_directories(zs_flags INTERFACE ${CMAKE_SOURCE_DIR}/src)
target_compile_definitions(zs_flags INTERFACE _GNU_SOURCE ZS_VERSION="${PROJECT_VERSION}"
    ZS_SOURCE_DIR="${CMAKE_SOURCE_DIR}")
target_compile_options(zs_flags INTERFACE
    -include ${CMAKE_SOURCE_DIR}/src/base/banned.h -ffile-prefix-map=${CMAKE_SOURCE_DIR}/=
    -fno-common -fvisibility=hidden -fstack-protector-strong
    -Wall -Wextra -Wpedantic -Wconversion -Wsign-conversion -Wshadow -Wstrict-prototypes
    -Wmissing-prototypes -Wwrite-strings -Wpointer-arith -Wcast-qual -Wundef -Wformat=2
    -Wswitch-enum -Wvla -Wimplicit-fallthrough -Wdouble-promotion -Wnull-dereference)
if(CMAKE_C_COMPILER_ID STREQUAL "GNU")
    target_compile_options(zs_flags INTERFACE -Wduplicated-cond -Wlogical-op -Walloc-zero)
endif()
# A warning is an error in every build but the one that ships: that one has to build with compilers
# nobody here has seen. tools/check fails on its warnings too.
if(NOT CMAKE_BUILD_TYPE STREQUAL "Release")
    target_compile_options(zs_flags INTERFACE -Werror)
endif()
if(CMAKE_BUILD_TYPE STREQUAL "Release")
    target_compile_definitions(zs_flags INTERFACE _FORTIFY_SOURCE=3)
    target_compile_options(zs_flags INTERFACE -g -fPIE)
    target_link_options(zs_flags INTERFACE -pie -Wl,-z,relro,-z,now -Wl,--as-needed)
endif()
if(ZS_SANITIZE)
    target_compile_options(zs_flags INTERFACE -fsanitize=${ZS_SANITIZE} -fno-sanitize-recover=all
        -fno-omit-frame-pointer)
    target_link_options(zs_flags INTERFACE -fsanitize=${ZS_SANITIZE})
endif()

# Foreign libraries, found once, used by name: zs_pkg(uv libuv) makes pkg::uv.
function(zs_pkg name module)
    if(NOT TARGET PkgConfig::${name})
        pkg_check_modules(${name} REQUIRED IMPORTED_TARGET GLOBAL ${module})
    endif()
endfunction()

# Folders whose code crosses threads.
set(ZS_THREADED base auth config net store connector monitor flow manage api app)
if(NOT TARGET zs_tsan_tests)
    add_custom_target(zs_tsan_tests)
endif()

function(zs_test name source)
    cmake_parse_arguments(A "" "" "LIBS" ${ARGN})
    add_executable(${name} ${source})
    target_link_libraries(${name} PRIVATE zs_flags zs_t ${A_LIBS})
    add_test(NAME ${name} COMMAND ${name})
    set_tests_properties(${name} PROPERTIES TIMEOUT 300
        ENVIRONMENT "ASAN_OPTIONS=detect_stack_use_after_return=1;ZS_DATA=${CMAKE_SOURCE_DIR}/../shared/data")
    file(RELATIVE_PATH folder ${CMAKE_SOURCE_DIR}/src ${CMAKE_CURRENT_SOURCE_DIR})
    string(REGEX REPLACE "/.*" "" folder "${folder}")
    if(folder IN_LIST ZS_THREADED)
        set_property(TEST ${name} PROPERTY LABELS tsan)
        add_dependencies(zs_tsan_tests ${name})
    endif()
endfunction()

function(zs_closed name)
    add_executable(${name}-closed ${CMAKE_SOURCE_DIR}/cmake/closed.c)
    target_link_options(${name}-closed PRIVATE
        -Wl,--whole-archive $<TARGET_FILE:zs_${name}> -Wl,--no-whole-archive)
    target_link_libraries(${name}-closed PRIVATE zs_${name})
    set_property(TARGET ${name}-closed APPEND PROPERTY LINK_DEPENDS $<TARGET_FILE:zs_${name}>)
endfunction()

function(zs_library name)
    cmake_parse_arguments(A "" "" "SOURCES;DEPS;LIBS;TESTS;FUZZ" ${ARGN})
    add_library(zs_${name} STATIC ${A_SOURCES})
    set(deps "")
    foreach(dep ${A_DEPS})
        list(APPEND deps zs_${dep})
    endforeach()
    target_link_libraries(zs_${name} PUBLIC zs_flags ${deps} ${A_LIBS})
    if(ZS_TESTS)
        zs_closed(${name})
        foreach(test ${A_TESTS})
            zs_test(${name}-${test} ${test}.c LIBS zs_${name})
        endforeach()
    endif()
    if(ZS_FUZZ)
        foreach(fuzz ${A_FUZZ})
            add_executable(${name}-${fuzz} ${fuzz}.c)
            target_compile_options(${name}-${fuzz} PRIVATE -fsanitize=fuzzer)
            target_link_options(${name}-${fuzz} PRIVATE -fsanitize=fuzzer)
            target_link_libraries(${name}-${fuzz} PRIVATE zs_${name})
        endforeach()
    endif()
endfunction()
