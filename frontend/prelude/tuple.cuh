// <utility>'s pair and <tuple>. A tuple's members lie in memory as GCC's library lays them out: the
// last one first.
namespace std {

template <typename T> struct tuple_size;
template <typename T> struct tuple_size<const T> : integral_constant<size_t, tuple_size<T>::value> {};
template <typename T> constexpr size_t tuple_size_v = tuple_size<T>::value;
template <size_t I, typename T> struct tuple_element;
template <size_t I, typename T> struct tuple_element<I, const T> { typedef const typename tuple_element<I, T>::type type; };
template <size_t I, typename T> using tuple_element_t = typename tuple_element<I, T>::type;

struct __ascendify_ignored {
    template <typename T> __device__ constexpr const __ascendify_ignored &operator=(const T &) const { return *this; }
};
constexpr __ascendify_ignored ignore{};

template <typename A, typename B> struct pair {
    typedef A first_type;
    typedef B second_type;
    A first;
    B second;
    __device__ constexpr pair() : first(), second() {}
    __device__ constexpr pair(const A &a, const B &b) : first(a), second(b) {}
    template <typename C, typename D> __device__ constexpr pair(const pair<C, D> &p) : first(p.first), second(p.second) {}
    template <typename C, typename D> __device__ constexpr pair(C &&a, D &&b) : first(a), second(b) {}
    __device__ void swap(pair &p)
    {
        pair old = *this;
        *this = p;
        p = old;
    }
};
template <typename A, typename B> __device__ constexpr pair<decay_t<A>, decay_t<B>> make_pair(A &&a, B &&b)
{
    return pair<decay_t<A>, decay_t<B>>(a, b);
}
template <typename A, typename B> __device__ constexpr bool operator==(const pair<A, B> &p, const pair<A, B> &q) { return p.first == q.first && p.second == q.second; }
template <typename A, typename B> __device__ constexpr bool operator!=(const pair<A, B> &p, const pair<A, B> &q) { return !(p == q); }
template <typename A, typename B> __device__ constexpr bool operator<(const pair<A, B> &p, const pair<A, B> &q) { return p.first < q.first || (!(q.first < p.first) && p.second < q.second); }
template <typename A, typename B> __device__ constexpr bool operator>(const pair<A, B> &p, const pair<A, B> &q) { return q < p; }
template <typename A, typename B> __device__ constexpr bool operator<=(const pair<A, B> &p, const pair<A, B> &q) { return !(q < p); }
template <typename A, typename B> __device__ constexpr bool operator>=(const pair<A, B> &p, const pair<A, B> &q) { return !(p < q); }
template <typename A, typename B> struct tuple_size<pair<A, B>> : integral_constant<size_t, 2> {};
template <typename A, typename B> struct tuple_element<0, pair<A, B>> { typedef A type; };
template <typename A, typename B> struct tuple_element<1, pair<A, B>> { typedef B type; };
template <size_t I, typename A, typename B> __device__ constexpr tuple_element_t<I, pair<A, B>> &get(pair<A, B> &p)
{
    if constexpr (I == 0)
        return p.first;
    else
        return p.second;
}
template <size_t I, typename A, typename B> __device__ constexpr const tuple_element_t<I, pair<A, B>> &get(const pair<A, B> &p)
{
    if constexpr (I == 0)
        return p.first;
    else
        return p.second;
}

template <size_t I, typename... T> struct __ascendify_elements {
    __device__ constexpr __ascendify_elements() {}
    template <typename Other> __device__ constexpr void _assign(const Other &) {}
};
template <size_t I, typename H, typename... R>
struct __ascendify_elements<I, H, R...> : __ascendify_elements<I + 1, R...> {
    typedef __ascendify_elements<I + 1, R...> _rest;
    H _head;
    __device__ constexpr __ascendify_elements() : _rest(), _head() {}
    template <typename A, typename... B> __device__ constexpr explicit __ascendify_elements(A &&head, B &&...rest)
        : _rest(forward<B>(rest)...), _head(forward<A>(head))
    {
    }
    template <typename A, typename... B> __device__ constexpr void _assign(const __ascendify_elements<I, A, B...> &other)
    {
        _head = other._head;
        static_cast<_rest &>(*this)._assign(static_cast<const __ascendify_elements<I + 1, B...> &>(other));
    }
};

template <typename... T> struct tuple : __ascendify_elements<0, T...> {
    typedef __ascendify_elements<0, T...> _all;
    __device__ constexpr tuple() : _all() {}
    template <typename... U, enable_if_t<sizeof...(U) == sizeof...(T) && (sizeof...(U) > 0) && (is_convertible<U, T>::value && ...), int> = 0>
    __device__ constexpr tuple(U &&...values) : _all(forward<U>(values)...)
    {
    }
    template <typename... U, enable_if_t<sizeof...(U) == sizeof...(T) && !(is_same<U, T>::value && ...), int> = 0>
    __device__ constexpr tuple(const tuple<U...> &other) : _all()
    {
        this->_assign(static_cast<const __ascendify_elements<0, U...> &>(other));
    }
    template <typename... U> __device__ constexpr tuple &operator=(const tuple<U...> &other)
    {
        this->_assign(static_cast<const __ascendify_elements<0, U...> &>(other));
        return *this;
    }
    template <typename A, typename B> __device__ constexpr tuple &operator=(const pair<A, B> &other)
    {
        this->_head = other.first;
        static_cast<typename _all::_rest &>(*this)._head = other.second;
        return *this;
    }
};

template <typename... T> struct tuple_size<tuple<T...>> : integral_constant<size_t, sizeof...(T)> {};
template <typename H, typename... R> struct tuple_element<0, tuple<H, R...>> { typedef H type; };
template <size_t I, typename H, typename... R>
struct tuple_element<I, tuple<H, R...>> : tuple_element<I - 1, tuple<R...>> {};

template <size_t I, typename H, typename... R> __device__ constexpr H &__ascendify_head(__ascendify_elements<I, H, R...> &t) { return t._head; }
template <size_t I, typename H, typename... R> __device__ constexpr const H &__ascendify_head(const __ascendify_elements<I, H, R...> &t) { return t._head; }
template <size_t I, typename... T> __device__ constexpr tuple_element_t<I, tuple<T...>> &get(tuple<T...> &t) { return __ascendify_head<I>(t); }
template <size_t I, typename... T> __device__ constexpr const tuple_element_t<I, tuple<T...>> &get(const tuple<T...> &t) { return __ascendify_head<I>(t); }
template <typename T, size_t I, typename H, typename... R> __device__ constexpr auto &__ascendify_typed(__ascendify_elements<I, H, R...> &t)
{
    if constexpr (is_same<T, H>::value)
        return t._head;
    else
        return __ascendify_typed<T, I + 1, R...>(t);
}
template <typename T, typename... U> __device__ constexpr T &get(tuple<U...> &t) { return __ascendify_typed<T, 0, U...>(t); }

template <typename... T> __device__ constexpr tuple<decay_t<T>...> make_tuple(T &&...values) { return tuple<decay_t<T>...>(forward<T>(values)...); }
template <typename... T> __device__ constexpr tuple<T &...> tie(T &...values) { return tuple<T &...>(values...); }
template <typename... T> __device__ constexpr tuple<T &&...> forward_as_tuple(T &&...values) { return tuple<T &&...>(forward<T>(values)...); }

template <typename F, typename T, size_t... I> __device__ constexpr decltype(auto) __ascendify_apply(F &&f, T &&t, index_sequence<I...>)
{
    return f(get<I>(t)...);
}
template <typename F, typename T> __device__ constexpr decltype(auto) apply(F &&f, T &&t)
{
    return __ascendify_apply(f, t, make_index_sequence<tuple_size<remove_cvref_t<T>>::value>());
}
template <typename F, typename... A> __device__ constexpr decltype(auto) invoke(F &&f, A &&...arguments) { return f(forward<A>(arguments)...); }
template <typename... T, typename... U, size_t... I, size_t... J>
__device__ constexpr tuple<T..., U...> __ascendify_joined(const tuple<T...> &a, const tuple<U...> &b, index_sequence<I...>, index_sequence<J...>)
{
    return tuple<T..., U...>(get<I>(a)..., get<J>(b)...);
}
template <typename... T, typename... U> __device__ constexpr tuple<T..., U...> tuple_cat(const tuple<T...> &a, const tuple<U...> &b)
{
    return __ascendify_joined(a, b, index_sequence_for<T...>(), index_sequence_for<U...>());
}
template <size_t I, typename... T> __device__ constexpr bool __ascendify_equal(const tuple<T...> &a, const tuple<T...> &b)
{
    if constexpr (I == sizeof...(T))
        return true;
    else
        return get<I>(a) == get<I>(b) && __ascendify_equal<I + 1>(a, b);
}
template <typename... T> __device__ constexpr bool operator==(const tuple<T...> &a, const tuple<T...> &b) { return __ascendify_equal<0>(a, b); }
template <typename... T> __device__ constexpr bool operator!=(const tuple<T...> &a, const tuple<T...> &b) { return !(a == b); }

} // namespace std
