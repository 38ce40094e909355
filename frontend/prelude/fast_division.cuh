// cuda::fast_mod_div of <cuda/cmath>: a divisor known in advance; its quotients are those of `/`.
namespace cuda {

template <typename T, bool DivisorIsNeverOne = false> class fast_mod_div {
public:
    __host__ __device__ explicit fast_mod_div(T divisor) : value(divisor) {}
    __host__ __device__ operator T() const { return value; }
    template <typename N> __host__ __device__ friend T operator/(N number, const fast_mod_div &by)
    {
        return (T)number / by.value;
    }
    template <typename N> __host__ __device__ friend T operator%(N number, const fast_mod_div &by)
    {
        return (T)number % by.value;
    }

private:
    T value;
};

}
