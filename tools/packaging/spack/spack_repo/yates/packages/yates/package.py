# SPDX-License-Identifier: Apache-2.0
from spack_repo.builtin.build_systems.cmake import CMakePackage, generator
from spack_repo.builtin.build_systems.cuda import CudaPackage

from spack.package import *


class Yates(CMakePackage, CudaPackage):
    """Replicated factorial studies of model compression in 3D brain-tumour segmentation: plans the
    cells and seeds of a study, trains every run as an MPI world of its own, scores and analyses."""

    # Releases have no address yet: give a checkout by `spack develop --path CHECKOUT yates@main`,
    # or a git URL by `spack config add packages:yates:package_attributes:git:URL`.
    homepage = "https://yates.invalid"
    git = "https://yates.invalid/yates.git"

    license("Apache-2.0", checked_by="yates")

    version("main", branch="main")

    variant("torch", default=True, description="Build the verbs that train and predict")
    variant("faults", default=False, description="Compile fault injection points, for tests only")

    # What trains runs under MPI; without it yates plans, evaluates and analyses.
    depends_on("mpi", when="+torch")
    depends_on("py-torch@2.11.0 +openmp", when="+torch")
    depends_on("py-torch ~cuda", when="+torch ~cuda")

    depends_on("c", type="build")
    depends_on("cxx", type="build")
    depends_on("cmake@3.25:", type="build")
    depends_on("ninja", type="build")
    depends_on("googletest@1.12:", type="test")
    depends_on("python@3.9:", type="test")

    depends_on("boost@1.74: +context")
    depends_on("cli11@2.1:")
    depends_on("eigen@3.4:")
    depends_on("fmt@9:")
    depends_on("hdf5@1.10: ~mpi")
    depends_on("itk@5.2:5")
    depends_on("libdeflate")
    depends_on("nlohmann-json@3.11:")
    depends_on("openssl@3:")
    depends_on("yaml-cpp@0.7:")
    depends_on("zlib-api")
    depends_on("zstd")

    with when("+cuda"):
        depends_on("cuda@13:")
        depends_on("nccl@2.20: +cuda")
        for arch in ("80", "90"):
            depends_on(f"nccl cuda_arch={arch}", when=f"cuda_arch={arch}")
            depends_on(
                f"py-torch +cuda +cudnn +nccl cuda_arch={arch}", when=f"+torch cuda_arch={arch}"
            )

    conflicts("+cuda", when="~torch", msg="GPUs are for the verbs that need LibTorch")
    conflicts("+cuda", when="cuda_arch=none", msg="name the GPUs, e.g. cuda_arch=90")
    for arch in CudaPackage.cuda_arch_values:
        if arch not in ("80", "90"):
            conflicts(f"cuda_arch={arch}", msg="kernels are written and checked for 80 and 90")
    conflicts("%gcc@:11", msg="C++20 as g++ 12 knows it")
    conflicts("%clang@:13", msg="C++20 as clang 14 knows it")
    conflicts("platform=darwin", msg="Linux only: run directories rely on its file systems")
    conflicts("platform=windows", msg="Linux only")

    generator("ninja")

    def cmake_args(self):
        spec = self.spec
        args = [
            self.define_from_variant("YATES_TORCH", "torch"),
            self.define_from_variant("YATES_CUDA", "cuda"),
            self.define_from_variant("YATES_GPU", "cuda"),
            self.define_from_variant("YATES_FAULTS", "faults"),
            self.define("BUILD_TESTING", self.run_tests),
        ]
        if spec.satisfies("+torch"):
            site_packages = join_path(spec["py-torch"].prefix, spec["python"].package.platlib)
            args.append(self.define("YATES_LIBTORCH_ROOT", site_packages))
            if spec.satisfies("+cuda"):
                args.append(self.define("YATES_GPU_LIBTORCH_ROOT", site_packages))
                args.append(self.define("YATES_NVCC", spec["cuda"].prefix.bin.nvcc))
                args.append(
                    self.define(
                        "CMAKE_CUDA_ARCHITECTURES",
                        [f"{arch}-real" for arch in spec.variants["cuda_arch"].value],
                    )
                )
        return args

    def check(self):
        with working_dir(self.build_directory):
            ctest("-L", "unit", "--output-on-failure")

    def test_version(self):
        """the installed program starts and finds its files"""
        yates = which(self.prefix.bin.yates, required=True)
        yates("--version")
        yates("config", "check", join_path(self.prefix.share.yates.configs, "default.yaml"))
