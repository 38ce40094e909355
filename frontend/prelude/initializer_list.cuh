// What a braced list is to a function that takes one. The elements are in an array that the list
// is built with.
namespace std {

template <typename T> class initializer_list {
    const T *_first;
    size_t _count;

public:
    typedef T value_type;
    typedef const T *iterator;
    typedef const T *const_iterator;
    __device__ constexpr initializer_list() : _first(nullptr), _count(0) {}
    __device__ constexpr initializer_list(const T *first, size_t count) : _first(first), _count(count) {}
    __device__ constexpr size_t size() const { return _count; }
    __device__ constexpr const T *begin() const { return _first; }
    __device__ constexpr const T *end() const { return _first + _count; }
};

template <typename T> __device__ constexpr T max(initializer_list<T> list)
{
    T best = *list.begin();
    for (const T *item = list.begin() + 1; item != list.end(); ++item)
        best = best < *item ? *item : best;
    return best;
}
template <typename T> __device__ constexpr T min(initializer_list<T> list)
{
    T best = *list.begin();
    for (const T *item = list.begin() + 1; item != list.end(); ++item)
        best = *item < best ? *item : best;
    return best;
}
template <typename Iterator> __device__ constexpr Iterator max_element(Iterator first, Iterator last)
{
    Iterator best = first;
    for (; first != last; ++first)
        if (*best < *first)
            best = first;
    return best;
}
template <typename Iterator> __device__ constexpr Iterator min_element(Iterator first, Iterator last)
{
    Iterator best = first;
    for (; first != last; ++first)
        if (*first < *best)
            best = first;
    return best;
}

} // namespace std
